;; memory.fill, copy, init and data.drop: overlap, bounds checked before anything is written.

(module
  (memory 1)
  (data $passive "\01\02\03\04\05\06\07\08")
  (data (i32.const 0) "\aa")

  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init_active") (param i32) (memory.init 1 (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "drop") (data.drop $passive))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
)

(assert_return (invoke "fill" (i32.const 16) (i32.const 0x1ff) (i32.const 3)))
(assert_return (invoke "load" (i32.const 16)) (i64.const 0xffffff))
(assert_return (invoke "fill" (i32.const 65536) (i32.const 1) (i32.const 0)))
(assert_trap (invoke "fill" (i32.const 65537) (i32.const 1) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 65530) (i32.const 1) (i32.const 7)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 1) (i32.const 1) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65528)) (i64.const 0))

(assert_return (invoke "init" (i32.const 32) (i32.const 0) (i32.const 8)))
(assert_return (invoke "load" (i32.const 32)) (i64.const 0x0807060504030201))
(assert_return (invoke "init" (i32.const 40) (i32.const 6) (i32.const 2)))
(assert_return (invoke "load" (i32.const 40)) (i64.const 0x0807))
(assert_trap (invoke "init" (i32.const 48) (i32.const 6) (i32.const 3)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 65535) (i32.const 0) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 0) (i32.const -1) (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 48)) (i64.const 0))

(assert_return (invoke "copy" (i32.const 33) (i32.const 32) (i32.const 7)))
(assert_return (invoke "load" (i32.const 32)) (i64.const 0x0706050403020101))
(assert_return (invoke "copy" (i32.const 32) (i32.const 33) (i32.const 7)))
(assert_return (invoke "load" (i32.const 32)) (i64.const 0x0707060504030201))
(assert_return (invoke "copy" (i32.const 65536) (i32.const 65536) (i32.const 0)))
(assert_trap (invoke "copy" (i32.const 65537) (i32.const 0) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 0) (i32.const 65535) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 65532) (i32.const 32) (i32.const 5)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65528)) (i64.const 0))

;; An active segment is dropped when the module was instantiated; dropping twice is fine.
(assert_return (invoke "init_active" (i32.const 0)))
(assert_trap (invoke "init_active" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "drop"))
(assert_return (invoke "drop"))
(assert_return (invoke "init" (i32.const 0) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init" (i32.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")
