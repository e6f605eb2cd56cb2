;; Several memories (core 2.5.5): each has its own bytes, size and limit, and all of them
;; are in a snapshot. The system sees the one that is exported as "memory".
;; run:
;; stdout: second memory
;; run: --invoke interleave 300
;; stdout: i64: 269100
;; run: --invoke grow
;; stdout: i32: 1
;; stdout: i32: 2
;; stdout: i32: -1
;; stdout: i32: 4
;; run: --invoke load_third 131072
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke copy_over_the_end
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --max-memory 131072 --invoke grow
;; stdout: i32: 1
;; stdout: i32: -1
;; stdout: i32: -1
;; stdout: i32: 2
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $first 1)
  (memory $second (export "memory") 1 2)
  (memory $third 2 4)
  (data (memory $first) (i32.const 0) "\08\00\00\00\0d\00\00\00first memory\0a")
  (data (memory $second) (i32.const 0) "\08\00\00\00\0e\00\00\00second memory\0a")
  (data $passive "0123456789")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))))

  ;; Sums of i, 2i and 3i, kept in three memories, with bytes copied between them.
  (func (export "interleave") (param $n i32) (result i64)
    (local $i i32) (local $total i64)
    (loop $write
      (i32.store $first (i32.mul (local.get $i) (i32.const 4)) (local.get $i))
      (memory.copy $second $first (i32.mul (local.get $i) (i32.const 4))
        (i32.mul (local.get $i) (i32.const 4)) (i32.const 4))
      (i32.store $third offset=65536 (i32.mul (local.get $i) (i32.const 4))
        (i32.mul (local.get $i) (i32.const 3)))
      (i32.store $second (i32.mul (local.get $i) (i32.const 4))
        (i32.shl (i32.load $second (i32.mul (local.get $i) (i32.const 4))) (i32.const 1)))
      (br_if $write
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $read
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $total
        (i64.add (local.get $total)
          (i64.extend_i32_u
            (i32.add (i32.load $first (i32.mul (local.get $i) (i32.const 4)))
              (i32.add (i32.load $second (i32.mul (local.get $i) (i32.const 4)))
                (i32.load $third offset=65536 (i32.mul (local.get $i) (i32.const 4))))))))
      (br_if $read (local.get $i)))
    (local.get $total))

  (func (export "grow") (result i32 i32 i32 i32)
    (memory.grow $second (i32.const 1))
    (memory.grow $third (i32.const 2))
    (memory.grow $second (i32.const 1))
    (memory.size $third))
  (func (export "load_third") (param i32) (result i32) (i32.load8_u $third (local.get 0)))
  (func (export "copy_over_the_end")
    (memory.copy $second $third (i32.const 65535) (i32.const 65536) (i32.const 2))))
