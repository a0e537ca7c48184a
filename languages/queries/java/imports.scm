(import_declaration [(identifier) (scoped_identifier)] @path .) @import.names
(import_declaration [(identifier) (scoped_identifier)] @module (asterisk)) @import.wildcard
