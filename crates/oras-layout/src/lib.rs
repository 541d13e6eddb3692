//! OCI image layouts in a folder: content, tags and referrers that survive a crash
