(use_declaration) @statement
(use_declaration (visibility_modifier)) @exported
(scoped_use_list path: (_) @prefix list: (_) @group)
(use_declaration argument: [(identifier) (scoped_identifier) (crate) (self) (super)] @path) @import.names
(use_list [(identifier) (scoped_identifier) (crate) (super)] @path @import.names)
(use_list (self) @own @import.module)
(use_as_clause path: [(identifier) (scoped_identifier) (crate) (super)] @path alias: (_) @alias) @import.names
(use_as_clause path: (self) @own alias: (_) @alias) @import.module
(use_wildcard (_) @module) @import.wildcard
(use_list (use_wildcard . "*") @own @import.wildcard)
(extern_crate_declaration name: (identifier) @module) @import.module
(extern_crate_declaration name: (identifier) @module alias: (identifier) @alias) @import.module
(extern_crate_declaration (visibility_modifier)) @exported
(mod_item name: (identifier) @module !body) @import.child
(mod_item (visibility_modifier) !body) @exported
(mod_item name: (identifier) @scope.name body: (_) @scope)
