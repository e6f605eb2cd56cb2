;; call_indirect through a table that nothing changes: the compiler's own constant table.
;; run: --invoke get 0
;; stdout: i32: 1
;; run: --invoke get 1
;; stdout: i32: 2
;; run: --invoke get 2
;; stdout: i32: 3
;; run: --invoke twin 1
;; stdout: i32: 2
;; run: --invoke get 3
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke get 4
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke get 5
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke get 6
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke get 8
;; stdout: i32: 0
;; run: --invoke get 11
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke get 12
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke get -1
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke get -2147483648
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke unary 4
;; stdout: i32: 42
;; run: --invoke unary 0
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke unary 3
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke pair 5
;; stdout: i32: 5
;; stdout: i64: -5
;; run: --invoke pair 4
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke exit 6
;; status: 33
;; run: --invoke exit 7
;; status: 33
;; run: --invoke exit 8
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke empty 0
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke other 0
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke other 1
;; stdout: i32: 3
;; run: --invoke other 2
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke large 20001
;; stdout: i32: 7
;; run: --invoke large 20002
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke large 20003
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke large 20004
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke no_such 0
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
(module
  (type $get (func (result i32)))
  (type $twin (func (result i32)))
  (type $unary (func (param i32) (result i32)))
  (type $pair (func (result i32 i64)))
  (type $exit (func (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (type $exit)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit_too (type $exit)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (type $get)))
  (memory (export "memory") 1)
  (table $t 12 funcref)
  (table $empty 0 funcref)
  (table $other 2 funcref)
  ;; Too large for one of its own for each type.
  (table $large 20004 funcref)
  (elem (table $large) (i32.const 20001) func $seven $double)
  (func $seven (type $get) (i32.const 7))
  (func (export "large") (param i32) (result i32)
    (call_indirect $large (type $get) (local.get 0)))
  ;; No element has this type.
  (func (export "no_such") (param i32) (result f64)
    (call_indirect $t (result f64) (local.get 0)))
  ;; 3 and 9 to 11 stay null; the second segment overwrites part of the first.
  (elem (table $t) (i32.const 0) func $one $one $one)
  (elem (table $t) (i32.const 1) func $two $three)
  (elem (table $t) (i32.const 4) func $double $pair $exit $exit_too $yield)
  (elem (table $other) (i32.const 1) func $three)
  (func $one (type $get) (i32.const 1))
  (func $two (type $twin) (i32.const 2))
  (func $three (type $get) (i32.const 3))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $pair (type $pair) (i32.const 5) (i64.const -5))
  (func (export "get") (param i32) (result i32) (call_indirect $t (type $get) (local.get 0)))
  (func (export "twin") (param i32) (result i32) (call_indirect $t (type $twin) (local.get 0)))
  (func (export "unary") (param i32) (result i32)
    (call_indirect $t (type $unary) (i32.const 21) (local.get 0)))
  (func (export "pair") (param i32) (result i32 i64)
    (call_indirect $t (type $pair) (local.get 0)))
  (func (export "exit") (param i32)
    (call_indirect $t (type $exit) (i32.const 33) (local.get 0)))
  (func (export "empty") (param i32) (result i32)
    (call_indirect $empty (type $get) (local.get 0)))
  (func (export "other") (param i32) (result i32)
    (call_indirect $other (type $get) (local.get 0))))
