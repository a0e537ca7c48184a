(class_declaration declaration_kind: "class" name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "actor" name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type (type_identifier) @name)) @definition.implementation
(protocol_declaration name: (type_identifier) @name) @definition.interface
(function_declaration name: [(simple_identifier) (custom_operator) (bang)] @name) @definition.function
(protocol_function_declaration name: (simple_identifier) @name) @definition.function
(init_declaration "init" @name) @definition.function
(deinit_declaration "deinit" @name) @definition.function
(property_declaration name: (pattern (simple_identifier) @name) computed_value: (_)? @body) @definition.variable
(protocol_property_declaration name: (pattern (simple_identifier) @name) (protocol_property_requirements) @body) @definition.field
(enum_entry name: (simple_identifier) @name) @definition.field
(typealias_declaration name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @definition.type
