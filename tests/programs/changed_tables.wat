;; call_indirect through tables that change while the program runs.
;; run: --invoke before_set
;; stdout: i32: 1
;; run: --invoke set_function
;; stdout: i32: 2
;; run: --invoke set_host_function
;; stdout: i32: 0
;; run: --invoke set_null
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke set_other_type
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke set_beyond
;; status: 134
;; stderr: wasm trap: out of bounds table access
;; run: --invoke grow_and_call 2 0
;; stdout: i32: 1
;; run: --invoke grow_and_call 2 2
;; stdout: i32: 2
;; run: --invoke grow_and_call 2 3
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke grow_and_call 5 5
;; stdout: i32: 2
;; run: --invoke grow_and_call 6 1
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke exported 0
;; stdout: i32: 2
;; run: --invoke exported 1
;; stdout: i32: 0
;; run: --invoke exported 2
;; status: 134
;; stderr: wasm trap: undefined element
;; run: --invoke init_and_call 0
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke init_and_call 1
;; stdout: i32: 1
;; run: --invoke init_and_call 2
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke init_and_call 3
;; stdout: i32: 0
;; run: --invoke init_dropped
;; status: 134
;; stderr: wasm trap: out of bounds table access
;; run: --invoke copy_and_call 2
;; stdout: i32: 1
;; run: --invoke copy_and_call 3
;; stdout: i32: 2
;; run: --invoke fill_and_call 0
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke fill_and_call 2
;; stdout: i32: 2
;; run: --invoke fill_and_call 3
;; status: 134
;; stderr: wasm trap: uninitialized element
;; run: --invoke alternate
;; stdout: i32: 51667
(module
  (type $get (func (result i32)))
  (type $unary (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (type $get)))
  (memory (export "memory") 1)
  (table $set 4 funcref)
  (table $grown 1 6 funcref)
  (table $exported (export "table") 2 funcref)
  (table $copied 4 funcref)
  (table $filled 4 funcref)
  (elem $some func $one $double $yield)
  (elem (table $set) (i32.const 0) func $one $two)
  (elem (table $grown) (i32.const 0) func $one)
  (elem (table $exported) (i32.const 0) func $two $yield)
  (func $one (type $get) (i32.const 1))
  (func $two (type $get) (i32.const 2))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $set_to (param $f funcref) (result i32)
    (table.set $set (i32.const 0) (local.get $f))
    (call_indirect $set (type $get) (i32.const 0)))
  (func (export "before_set") (result i32) (call_indirect $set (type $get) (i32.const 0)))
  (func (export "set_function") (result i32) (call $set_to (ref.func $two)))
  (func (export "set_host_function") (result i32) (call $set_to (ref.func $yield)))
  (func (export "set_null") (result i32) (call $set_to (ref.null func)))
  (func (export "set_other_type") (result i32) (call $set_to (ref.func $double)))
  (func (export "set_beyond")
    (table.set $set (i32.const 4) (ref.null func)))
  (func (export "grow_and_call") (param $n i32) (param $i i32) (result i32)
    (drop (table.grow $grown (ref.func $two) (local.get $n)))
    (call_indirect $grown (type $get) (local.get $i)))
  (func (export "exported") (param $i i32) (result i32)
    (call_indirect $exported (type $get) (local.get $i)))
  (func (export "init_and_call") (param $i i32) (result i32)
    (table.init $copied $some (i32.const 1) (i32.const 0) (i32.const 3))
    (call_indirect $copied (type $get) (local.get $i)))
  (func (export "init_dropped")
    (elem.drop $some)
    (table.init $copied $some (i32.const 1) (i32.const 0) (i32.const 3)))
  (func (export "copy_and_call") (param $i i32) (result i32)
    (table.copy $copied $set (i32.const 2) (i32.const 0) (i32.const 2))
    (call_indirect $copied (type $get) (local.get $i)))
  (func (export "fill_and_call") (param $i i32) (result i32)
    (table.fill $filled (i32.const 1) (ref.func $two) (i32.const 2))
    (call_indirect $filled (type $get) (local.get $i)))
  ;; The same place before and after, in a loop: nothing of the table may be kept.
  (func (export "alternate") (result i32) (local $n i32) (local $sum i32)
    (local.set $n (i32.const 10))
    (loop $l
      (table.set $set (i32.const 3)
        (select (result funcref) (ref.func $one) (ref.func $two)
          (i32.and (local.get $n) (i32.const 1))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3))
                               (call_indirect $set (type $get) (i32.const 3))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
