pub mod model;
pub mod source;
pub mod template;
