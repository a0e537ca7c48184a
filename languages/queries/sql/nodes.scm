(comment) @comment
(marginalia) @comment
(literal) @string
(column_definitions) @block
(function_body) @block
(block) @block
(subquery) @block
