//! Every call to the operating system.
