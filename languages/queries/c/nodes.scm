; also the first part of the table for C++
(comment) @comment
(string_literal) @string
(system_lib_string) @string
(char_literal) @string
(compound_statement) @block
(field_declaration_list) @block
(enumerator_list) @block
(declaration_list) @block
(initializer_list) @block
(preproc_include) @import
