;; A memory addressed by i64 (core 4.4.8): its bounds, offsets of 64 bits, sizes, bulk
;; instructions, and all of it live while the guest is suspended.
;; run: --invoke load 65532
;; stdout: i32: 0
;; run: --invoke load 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load 4294967296
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load_at_8 -8
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load_at_8 65524
;; stdout: i32: 0
;; run: --invoke load_at_65534 0
;; stdout: i32: 0
;; run: --invoke load_at_65534 1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load_far -4294967295
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke unused_load 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke unused_load_over_the_end 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 65535
;; run: --invoke wide_store_over_the_end
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sizes
;; stdout: i64: 1
;; stdout: i64: -1
;; stdout: i64: -1
;; stdout: i64: 3
;; run: --invoke data
;; stdout: i64: 7523094288207667809
;; run: --invoke bulk
;; stdout: i64: 7020669134298573161
;; run: --invoke fill_outside
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke copy_outside
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sum 500
;; stdout: i64: 374250
;; run: --invoke sum_to_32 500
;; stdout: i64: 124750
(module
  (memory 1 3)
  (memory $m i64 1 3)
  (data (memory $m) (i64.const 1000) "abcdefgh")
  (data $passive "ijklmnop")
  (func (export "load") (param i64) (result i32) (i32.load $m (local.get 0)))
  (func (export "load_at_8") (param i64) (result i32) (i32.load $m offset=8 (local.get 0)))
  (func (export "load_at_65534") (param i64) (result i32)
    (i32.load16_u $m offset=65534 (local.get 0)))
  (func (export "load_far") (param i64) (result i32)
    (i32.load8_u $m offset=0xffffffff (local.get 0)))
  (func (export "unused_load") (param i64) (drop (i32.load8_u $m (local.get 0))))
  (func (export "unused_load_over_the_end") (param i64) (drop (i32.load $m (local.get 0))))
  (func (export "store") (param i64) (i32.store8 $m (local.get 0) (i32.const 1)))
  (func (export "wide_store_over_the_end") (i64.store $m (i64.const 65529) (i64.const -1)))
  (func (export "sizes") (result i64 i64 i64 i64)
    (memory.grow $m (i64.const 2))
    (memory.grow $m (i64.const 1))
    (memory.grow $m (i64.const -1))
    (memory.size $m))
  (func (export "data") (result i64) (i64.load $m (i64.const 1000)))
  (func (export "bulk") (result i64)
    (memory.init $m $passive (i64.const 2000) (i32.const 0) (i32.const 8))
    (memory.copy $m $m (i64.const 2001) (i64.const 2000) (i64.const 7))
    (memory.fill $m (i64.const 2004) (i32.const 0x61) (i64.const 1))
    (memory.copy 0 $m (i32.const 0) (i64.const 2000) (i32.const 8))
    (memory.copy $m 0 (i64.const 3000) (i32.const 0) (i32.const 7))
    (memory.copy $m 0 (i64.const 3007) (i32.const 4) (i32.const 1))
    (i64.add (i64.load $m (i64.const 3000)) (i64.load $m (i64.const 9000))))
  (func (export "fill_outside")
    (memory.fill $m (i64.const 65530) (i32.const 1) (i64.const -1)))
  (func (export "copy_outside")
    (memory.copy $m $m (i64.const 0) (i64.const 0x100000000) (i64.const 1)))

  ;; Writes squares of i, sums them up as i + 2i with the memory growing on the way.
  (func (export "sum") (param $n i64) (result i64)
    (local $i i64) (local $total i64)
    (loop $write
      (i64.store $m offset=8 (i64.mul (local.get $i) (i64.const 8)) (local.get $i))
      (br_if $write
        (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $n))))
    (drop (memory.grow $m (i64.const 1)))
    (i64.store $m (i64.const 131064) (i64.mul (local.get $n) (i64.const 0)))
    (local.set $i (i64.const 0))
    (loop $read
      (local.set $total
        (i64.add (local.get $total)
          (i64.mul (i64.const 3)
            (i64.load $m offset=8 (i64.mul (local.get $i) (i64.const 8))))))
      (br_if $read
        (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $n))))
    (local.get $total))

  ;; The same with an i32 counter that is widened: its addresses never wrap.
  (func (export "sum_to_32") (param $n i32) (result i64)
    (local $i i32) (local $total i64)
    (loop $write
      (i64.store $m (i64.extend_i32_u (i32.shl (local.get $i) (i32.const 3)))
        (i64.extend_i32_u (local.get $i)))
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
      (br_if $write
        (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $read
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $total
        (i64.add (local.get $total)
          (i64.load $m (i64.extend_i32_u (i32.shl (local.get $i) (i32.const 3))))))
      (br_if $read (local.get $i)))
    (local.get $total)))
