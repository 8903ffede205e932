//! What is changed of an answer. Main type: [`Operator`].

use std::fmt;

/// The version of the set of operators: figures of two sets cannot be compared.
pub const SET: u32 = 1;

macro_rules! operators {
    ($($variant:ident, $name:literal, $about:literal;)*) => {
        /// One way to change an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operator {
            $(#[doc = $about] $variant,)*
        }

        impl Operator {
            /// Every operator, in the order in which they are applied.
            #[cfg(test)]
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The operator's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it changes, as a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)*
                }
            }
        }
    };
}

operators! {
    StatusSuccess, "status-2xx", "The status is another one of success.";
    StatusRedirect, "status-3xx", "The status is one of redirection.";
    StatusClientError, "status-4xx", "The status is another one of the client's errors.";
    StatusServerError, "status-5xx", "The status is another one of the server's errors.";
    MediaTypeChanged, "media-type-changed", "The content type names another media type.";
    MediaTypeDropped, "media-type-dropped", "The content type has no media type.";
    CharsetChanged, "charset-changed", "The content type names another charset.";
    CharsetDropped, "charset-dropped", "The content type names no charset.";
    HeaderDropped, "header-dropped", "A header field is not there.";
    HeaderDoubled, "header-doubled", "A header field is there twice.";
    HeaderChanged, "header-changed", "A header field has another value.";
    FieldDropped, "field-dropped", "A field is not there.";
    ObjectDropped, "object-dropped", "A field that holds an object is not there.";
    FieldRenamed, "field-renamed", "A field has another name.";
    FieldNull, "field-null", "A field is null.";
    FieldRetyped, "field-retyped", "A field has a value of another type.";
    FieldDoubled, "field-doubled", "A field is there twice.";
    FieldEmptied, "field-emptied", "A field is empty.";
    TextReplaced, "text-replaced", "A text is another one.";
    TextLengthened, "text-lengthened", "A text has one more character.";
    TextShortened, "text-shortened", "A text has one character less.";
    TextSpecial, "text-special", "A text has characters that are rare.";
    TextCase, "text-case", "A text has its letters in the other case.";
    NumberReplaced, "number-replaced", "A number is another one.";
    BooleanReversed, "boolean-reversed", "A truth value is the other one.";
    ItemAdded, "item-added", "A list has one more item.";
    ItemRemoved, "item-removed", "A list has one item less.";
    ItemsExchanged, "items-exchanged", "Two items of a list have changed places.";
    ListEmptied, "list-emptied", "A list has no items.";
    FieldAdded, "field-added", "There is a field that the contract does not name.";
    ErrorFieldAdded, "error-field-added", "A success has a field of errors.";
    SuccessFieldAdded, "success-field-added", "An error has a field of successes.";
    FlagAdded, "flag-added", "There is a field that says the opposite of the status.";
    ValueRepeated, "value-repeated", "An id is that of another answer.";
    CodeOfAnotherRow, "code-of-another-row", "The error code is that of another row.";
    MessageOfAnotherRow, "message-of-another-row", "The error message is that of another row.";
    MessageUnfilled, "message-unfilled", "A `%s` of the message is left as it is.";
    MessageBlank, "message-blank", "A `%s` of the message is filled with nothing.";
    RootRenamed, "root-renamed", "The XML root has another name.";
    NamespaceAdded, "namespace-added", "The XML root has a namespace.";
    EncodingDeclared, "encoding-declared", "The XML declaration names another encoding.";
    BodyEmptied, "body-emptied", "There is no body.";
    BodyCut, "body-cut", "The body ends too early.";
    BytesBehind, "bytes-behind", "Bytes follow that belong to no answer.";
    CodingUndone, "coding-undone", "The body is not in the coding that the answer names.";
    FormatExchanged, "format-exchanged", "The body is in the other format.";
}

impl fmt::Display for Operator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
