(comment) @comment
(hash_bang_line) @comment
(string) @string
(block) @block
(function_declaration) @block
(function_definition) @block
(table_constructor) @block
