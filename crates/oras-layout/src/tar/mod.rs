//! Layouts in tar archives: read where they are, and written as they come.

mod archive;
mod layout;
mod tail;
mod writer;

pub use layout::TarLayout;
pub use writer::TarLayoutWriter;
