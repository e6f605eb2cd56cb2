;; Accesses beyond the memory trap, also when the loaded value is not used (core 4.4.7).
;; run: --invoke load 65532
;; stdout: i32: 0
;; run: --invoke load 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load_far -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke unused_load 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 65535
;; run: --invoke straddling_store
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke no_such_export
;; status: 2
;; stderr: no_such_export
(module
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "load_far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
  (func (export "unused_load") (param i32) (drop (i32.load8_u (local.get 0))))
  (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 1)))
  (func (export "straddling_store") (i64.store (i32.const 65529) (i64.const -1))))
