//! Layouts in tar archives: read in place, and written as a stream.

mod archive;
mod layout;
mod tail;
mod writer;

pub use layout::TarLayout;
pub use writer::TarLayoutWriter;
