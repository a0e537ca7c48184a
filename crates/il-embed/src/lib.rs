//! The embedded embedding: a small static model of code and text that ships in the binary.
