;; call_indirect checks the index, then that there is a function, then its type (core 4.4.8).
;; run: --invoke call 0
;; stdout: i32: 10
;; run: --invoke call 1
;; stdout: i32: 11
;; run: --invoke call 2
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke call 3
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke call 4
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke call -1
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke equal_type 0
;; stdout: i32: 10
;; run: --invoke second_table 0
;; stdout: i32: 11
;; run: --invoke second_table 1
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke set_and_call
;; stdout: i32: 11
;; run: --invoke get_beyond
;; status: 134
;; stderr: wasm trap: out of bounds table access
;; run: --invoke grow
;; stdout: i32: 4
(module
  (type $get (func (result i32)))
  (type $same (func (result i32)))
  (type $void (func))
  (table $t 4 8 funcref)
  (table $u 1 funcref)
  (elem (table $t) (i32.const 0) func $ten $eleven $nothing)
  (elem (table $u) (i32.const 0) func $eleven)
  (func $ten (type $get) (i32.const 10))
  (func $eleven (type $same) (i32.const 11))
  (func $nothing (type $void))
  (func (export "call") (param i32) (result i32)
    (call_indirect $t (type $get) (local.get 0)))
  (func (export "equal_type") (param i32) (result i32)
    (call_indirect $t (type $same) (local.get 0)))
  (func (export "second_table") (param i32) (result i32)
    (call_indirect $u (type $get) (local.get 0)))
  (func (export "set_and_call") (result i32)
    (table.set $t (i32.const 3) (table.get $t (i32.const 1)))
    (call_indirect $t (type $get) (i32.const 3)))
  (func (export "get_beyond")
    (drop (table.get $t (i32.const 4))))
  (func (export "grow") (result i32)
    (table.grow $t (ref.func $ten) (i32.const 4))))
