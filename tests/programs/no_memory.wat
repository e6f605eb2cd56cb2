;; A module needs no memory, table or WASI.
;; run: --invoke answer
;; stdout: i32: 42
;; run:
(module
  (func (export "answer") (result i32) (i32.const 42))
  (func (export "_start")))
