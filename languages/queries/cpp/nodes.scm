; added to c/nodes.scm
(raw_string_literal) @string
(using_declaration) @import
