//! Pages that are one file and load nothing. Main types: [`Document`] and [`Html`].
//!
//! A page contains its style and its script, and its policy allows only these, by their digests. The module knows
//! nothing of what a page shows.

mod html;

use std::io;

use crate::digest::sha256_source;

pub(crate) use html::{Html, SHOWN_LETTERS};

/// What is around the contents of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document {
    /// Its style, which begins with [`base_style`].
    pub(crate) style: &'static str,
    /// Its script.
    pub(crate) script: &'static str,
}

/// The look that all pages share, as the beginning of a style: colours, text, what is focused, escapes.
macro_rules! base_style {
    () => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/markup/base.css"))
    };
}
pub(crate) use base_style;

impl Document {
    /// Writes the part of the page before the contents.
    pub(crate) fn open(&self, html: &mut Html<'_>, title: &str) -> io::Result<()> {
        html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
        html.raw("<meta name=\"generator\" content=\"proofmark\">\n")?;
        html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"")?.attribute(&self.policy())?;
        html.raw("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
        html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n")?;
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n")?;
        // Without an icon of its own, a browser asks the server that a page came from for one.
        html.raw("<link rel=\"icon\" href=\"data:,\">\n<title>")?;
        html.attribute(title)?.raw(" - proofmark</title>\n<style>")?.raw(self.style)?;
        html.raw("</style>\n</head>\n<body>\n")?;
        Ok(())
    }

    /// Writes the part of the page after the contents.
    pub(crate) fn close(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<script>")?.raw(self.script)?.raw("</script>\n</body>\n</html>\n")?;
        Ok(())
    }

    /// The page's Content-Security-Policy: nothing is fetched, and nothing runs but the page's own script.
    fn policy(&self) -> String {
        format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'",
            sha256_source(self.style),
            sha256_source(self.script)
        )
    }
}
