; added to typescript/nodes.scm
(jsx_element) @block
