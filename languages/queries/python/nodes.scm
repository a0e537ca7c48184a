(comment) @comment
(string) @string
(interpolation) @code
(block) @block
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
(decorator) @attached
