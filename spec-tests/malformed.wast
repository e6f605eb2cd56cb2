;; What the binary reader must refuse, one case per kind of damage, and oddities it must accept.

(assert_malformed (module binary "") "unexpected end")
(assert_malformed (module binary "\00as") "unexpected end")
(assert_malformed (module binary "\00asn\01\00\00\00") "magic header not detected")
(assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
(assert_malformed (module binary "\00asm\01\00\00\00" "\7f\00") "malformed section id")
;; A section longer than the file, and one with bytes left over.
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\05\00") "length out of bounds")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\02\00\00") "section size mismatch")
;; Sections out of order, and twice.
(assert_malformed (module binary "\00asm\01\00\00\00" "\03\01\00" "\01\01\00") "unexpected content after last section")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\01\00" "\01\01\00") "unexpected content after last section")
;; LEB128: too many bytes, and bits beyond 32.
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\80\80\80\80\80\00") "integer representation too long")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\80\80\80\80\10") "integer too large")
;; A function without a body, a body without a function.
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00")
  "function and code section have inconsistent lengths")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\0a\04\01\02\00\0b")
  "function and code section have inconsistent lengths")
;; A body that ends early, an unknown opcode, more locals than an u32 counts.
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\04\01\02\00\01")
  "END opcode expected")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\05\01\03\00\ff\0b")
  "illegal opcode")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00"
    "\0a\0f\01\0d\02\ff\ff\ff\ff\0f\7f\ff\ff\ff\ff\0f\7f\0b")
  "too many locals")
;; Kinds, flags and names no version knows.
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\05\01\00\00\09\00") "malformed import kind")
(assert_malformed (module binary "\00asm\01\00\00\00" "\05\03\01\0f\01") "malformed limits flags")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\06\06\01\7f\02\41\00\0b") "malformed mutability")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\00\03\02\c3\28") "malformed UTF-8 encoding")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\05\03\01\00\01" "\0b\07\01\00\41\00\0b\02\01") "unexpected end")
;; Segments and their count.
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\05\03\01\00\01" "\0c\01\02" "\0b\07\01\00\41\00\0b\01\01")
  "data count and data section have inconsistent lengths")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\05\03\01\00\01"
    "\0a\07\01\05\00\fc\09\00\0b" "\0b\04\01\01\01\00")
  "data count section required")

;; LEB128 padded with zeros up to its longest form, and custom sections anywhere.
(module binary "\00asm\01\00\00\00" "\00\02\01a" "\01\86\80\80\80\00\81\80\00\60\00\00" "\00\05\01b\00\ff\fe")
(module binary "\00asm\01\00\00\00" "\01\81\80\00\00" "\00\02\01c" "\02\01\00" "\00\02\01d")
