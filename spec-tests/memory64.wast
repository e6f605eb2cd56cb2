;; Memories addressed by i64: growing beyond the address space that was reserved at first,
;; and offsets that only 64 bits hold.

(module
  (memory 1)
  (memory $m (export "big") i64 1)
  (func (export "grow") (param i64) (result i64) (memory.grow $m (local.get 0)))
  (func (export "size") (result i64) (memory.size $m))
  (func (export "store") (param i64 i64) (i64.store $m (local.get 0) (local.get 1)))
  (func (export "load") (param i64) (result i64) (i64.load $m (local.get 0)))
  (func (export "over") (param i64) (result i64)
    (i64.store $m (i64.const 16) (local.get 0))
    (drop (memory.grow $m (i64.const 0x10000)))
    (i64.load $m (i64.const 16)))
)

(assert_return (invoke "store" (i64.const 8) (i64.const 0x1122334455667788)))
(assert_return (invoke "store" (i64.const 65528) (i64.const 77)))
(assert_trap (invoke "load" (i64.const 0x200000000)) "out of bounds memory access")
;; to 8 GiB and 64 KiB
(assert_return (invoke "grow" (i64.const 0x20000)) (i64.const 1))
(assert_return (invoke "load" (i64.const 8)) (i64.const 0x1122334455667788))
(assert_return (invoke "load" (i64.const 65528)) (i64.const 77))
(assert_return (invoke "store" (i64.const 0x200000000) (i64.const 88)))
(assert_return (invoke "load" (i64.const 0x200000000)) (i64.const 88))
(assert_trap (invoke "load" (i64.const 0x20000fff9)) "out of bounds memory access")
(assert_return (invoke "load" (i64.const 0x20000fff8)) (i64.const 0))
(assert_return (invoke "over" (i64.const 99)) (i64.const 99))
(assert_return (invoke "size") (i64.const 0x30001))
(assert_return (invoke "grow" (i64.const 0xffffffffffff)) (i64.const -1))
(assert_return (invoke "grow" (i64.const -1)) (i64.const -1))

;; (memory i64 1), (func (export "f") (param i64) (result i32) i32.load8_u offset=2^64-1)
(module binary
  "\00asm\01\00\00\00"
  "\01\06\01\60\01\7e\01\7f"
  "\03\02\01\00"
  "\05\03\01\04\01"
  "\07\05\01\01f\00\00"
  "\0a\12\01\10\00\20\00\2d\00\ff\ff\ff\ff\ff\ff\ff\ff\ff\01\0b")
(assert_trap (invoke "f" (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "f" (i64.const 1)) "out of bounds memory access")
(assert_trap (invoke "f" (i64.const -1)) "out of bounds memory access")

;; the same with offset=2^33 and i64.store
(module binary
  "\00asm\01\00\00\00"
  "\01\05\01\60\01\7e\00"
  "\03\02\01\00"
  "\05\03\01\04\01"
  "\07\05\01\01f\00\00"
  "\0a\0f\01\0d\00\20\00\42\01\37\00\80\80\80\80\20\0b")
(assert_trap (invoke "f" (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "f" (i64.const -8589934592)) "out of bounds memory access")

;; Few bytes, of which the number is known, within a memory and from another one.
(module
  (memory $m i64 1)
  (memory $n 1)
  (func (export "copy_24") (param i64 i64) (memory.copy $m $m (local.get 0) (local.get 1) (i64.const 24)))
  (func (export "fill_9") (param i64 i32) (memory.fill $m (local.get 0) (local.get 1) (i64.const 9)))
  (func (export "copy_5_out") (param i32 i64) (memory.copy $n $m (local.get 0) (local.get 1) (i32.const 5)))
  (func (export "copy_5_in") (param i64 i32) (memory.copy $m $n (local.get 0) (local.get 1) (i32.const 5)))
  (func (export "load") (param i64) (result i64) (i64.load $m (local.get 0)))
  (func (export "load_n") (param i32) (result i64) (i64.load $n (local.get 0)))
)

(assert_return (invoke "fill_9" (i64.const 65527) (i32.const 7)))
(assert_trap (invoke "fill_9" (i64.const 65528) (i32.const 8)) "out of bounds memory access")
(assert_trap (invoke "fill_9" (i64.const -8) (i32.const 8)) "out of bounds memory access")
(assert_trap (invoke "fill_9" (i64.const 0x100000000) (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "load" (i64.const 65528)) (i64.const 0x0707070707070707))
(assert_return (invoke "load" (i64.const 0)) (i64.const 0))
(assert_return (invoke "copy_24" (i64.const 16) (i64.const 65512)))
(assert_return (invoke "load" (i64.const 31)) (i64.const 0x0707070707070707))
(assert_return (invoke "load" (i64.const 30)) (i64.const 0x0707070707070700))
(assert_trap (invoke "copy_24" (i64.const 0) (i64.const 65513)) "out of bounds memory access")
(assert_trap (invoke "copy_24" (i64.const 65513) (i64.const 65504)) "out of bounds memory access")
(assert_trap (invoke "copy_24" (i64.const 0x100000000) (i64.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy_24" (i64.const 0) (i64.const -24)) "out of bounds memory access")
(assert_return (invoke "load" (i64.const 0)) (i64.const 0))
(assert_return (invoke "copy_5_out" (i32.const 65531) (i64.const 65531)))
(assert_return (invoke "load_n" (i32.const 65528)) (i64.const 0x0707070707000000))
(assert_trap (invoke "copy_5_out" (i32.const 65532) (i64.const 65531)) "out of bounds memory access")
(assert_trap (invoke "copy_5_out" (i32.const 0) (i64.const 65532)) "out of bounds memory access")
(assert_return (invoke "copy_5_in" (i64.const 2) (i32.const 65530)))
(assert_return (invoke "load" (i64.const 0)) (i64.const 0x0007070707000000))
(assert_trap (invoke "copy_5_in" (i64.const 65532) (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "load_n" (i32.const 0)) (i64.const 0))
