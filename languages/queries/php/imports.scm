(namespace_use_declaration) @statement
(namespace_use_declaration (namespace_name) @prefix body: (namespace_use_group) @group)
(namespace_use_clause . [(name) (qualified_name)] @path .) @import.names
(namespace_use_clause . [(name) (qualified_name)] @path alias: (name) @alias) @import.names
(require_expression (string (string_content) @module)) @import.wildcard
(require_once_expression (string (string_content) @module)) @import.wildcard
(include_expression (string (string_content) @module)) @import.wildcard
(include_once_expression (string (string_content) @module)) @import.wildcard
