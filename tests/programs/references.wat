;; References: null tests, tables of externref, bulk table operations (core 4.4.6).
;; run: --invoke is_null
;; stdout: i32: 1
;; stdout: i32: 0
;; run: --invoke extern_size
;; stdout: i32: 5
;; run: --invoke table_ops
;; stdout: i32: 2
;; stdout: i32: 1
;; run: --invoke init_dropped
;; status: 134
;; stderr: wasm trap: out of bounds table access
(module
  (type $get (func (result i32)))
  (table $t 4 funcref)
  (table $x 2 externref)
  (elem $passive func $one $two)
  (elem declare func $one)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "is_null") (result i32 i32)
    (ref.is_null (table.get $t (i32.const 0))) (ref.is_null (ref.func $one)))
  (func (export "extern_size") (result i32)
    (drop (table.grow $x (ref.null extern) (i32.const 3)))
    (table.size $x))
  (func (export "table_ops") (result i32 i32)
    (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 2))
    (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 2))
    (table.fill $t (i32.const 3) (ref.func $one) (i32.const 1))
    (call_indirect $t (type $get) (i32.const 2))
    (call_indirect $t (type $get) (i32.const 3)))
  (func (export "init_dropped")
    (elem.drop $passive)
    (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))))
