;; Functions that the host supplies: results of several types, memory, calls back into the guest, traps,
;; waiting over checkpoints.
;; link: functions.c
;; run: --invoke add 40 2
;; stdout: i32: 42
;; run: --invoke reverse 1 2 3.5 4.5
;; stdout: f64: 4.5
;; stdout: f32: 3.5
;; stdout: i64: 2
;; stdout: i32: 1
;; run: --invoke sum 8 3
;; stdout: i32: 294
;; run: --invoke sum 65535 1
;; stdout: i32: 0
;; run: --invoke sum 65535 2
;; status: 134
;; stderr: wasm trap: 2 bytes at 65535 are not all in memory
;; stderr: sum
;; run: --invoke sum -1 -1
;; status: 134
;; stderr: wasm trap: 4294967295 bytes at 4294967295 are not all in memory
;; run: --invoke squares 10
;; stdout: i32: 385
;; run: --invoke squares 101
;; status: 134
;; stderr: wasm trap: integer overflow
;; run: --invoke wait 5
;; stdout: i64: 506
;; run: --invoke wait_in_tail 5
;; stdout: i64: 5
;; run: --invoke halves 7
;; stdout: i64: 8
;; stdout: i64: 9
;; run: --invoke through_table 6
;; stdout: i32: 42
;; run: --invoke refuse 7
;; status: 134
;; stderr: wasm trap: no such device: 7
;; stderr: refuse
;; run: --invoke forget
;; status: 134
;; stderr: wasm trap: the host function device.forget failed
(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "math" "add" (func $add (type $binary)))
  (import "math" "reverse" (func $reverse (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
  (import "guest" "sum" (func $sum (type $binary)))
  (import "guest" "squares" (func $squares (param i32) (result i32)))
  (import "guest" "wait" (func $wait (param i64) (result i64)))
  (import "guest" "same" (func $same (param funcref) (result funcref)))
  (import "guest" "halves" (func $halves (param v128) (result i64 i64)))
  (import "device" "refuse" (func $refuse (param i32)))
  (import "device" "forget" (func $forget))
  (memory 1)
  (data (i32.const 8) "abc")
  (table $t 2 funcref)
  (elem (i32.const 0) $add)

  (func (export "add") (type $binary) (call $add (local.get 0) (local.get 1)))
  (func (export "reverse") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    (call $reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $sum_bytes (export "sum") (type $binary) (call $sum (local.get 0) (local.get 1)))
  (func (export "squares") (param i32) (result i32) (call $squares (local.get 0)))

  ;; With a loop: the host calls it, so it must not be suspended there. It traps above 100.
  (func (export "square") (param $n i32) (result i32) (local $i i32) (local $sum i64)
    (block $none (br_if $none (i32.eqz (local.get $n)))
      (loop $more
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (if (i64.gt_u (local.get $sum) (i64.const 10000))
      (then (drop (i32.trunc_f64_s (f64.const 1e10)))))
    (i32.wrap_i64 (local.get $sum)))

  ;; The call is in the middle of an expression, the argument in a local that is used again.
  (func $waits (export "wait") (param $n i64) (result i64)
    (i64.add (i64.mul (local.get $n) (i64.const 100))
             (i64.add (i64.const 1) (call $wait (local.get $n)))))

  (func (export "wait_in_tail") (param i64) (result i64) (return_call $wait (local.get 0)))

  (func (export "halves") (param i64) (result i64 i64)
    (call $halves (i64x2.add (i64x2.splat (local.get 0)) (v128.const i64x2 1 2))))

  ;; A reference goes to the host and back, over checkpoints, and names an import of the host.
  (func (export "through_table") (param i32) (result i32)
    (table.set $t (i32.const 1) (call $same (table.get $t (i32.const 0))))
    (call_indirect $t (type $binary) (local.get 0) (i32.const 36) (i32.const 1)))

  (func $refuses (export "refuse") (param i32) (call $refuse (local.get 0)))
  (func (export "forget") (call $forget)))
