;; Counted loops that call functions so brief that nothing is polled in them.
;; run: --invoke calls 0 200
;; stdout: i64: 1107516114
;; run: --invoke calls -50 50
;; stdout: i64: 2948107061
;; run: --invoke calls_that_store 0 400
;; stdout: i64: 8985573137241818708
;; run: --invoke calls_that_store 400 800
;; stdout: i64: -447182183315403786
;; run: --invoke calls_that_store 65336 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke calls_that_trap 100 50
;; stdout: i32: 688149
;; run: --invoke calls_that_trap 100 -1
;; status: 134
;; stderr: wasm trap: integer divide by zero
(module
  (memory 1)
  (global $fed (mut i32) (i32.const 0))

  (data (i32.const 0) "loops that count in sixty-four bits, and address in thirty-two; ")
  (data (i32.const 700) "what lies in between, where nobody looks but who should not: one byte")
  (data (i32.const 65280) "the end of memory, where a loop that goes on too long falls off, and traps")

  ;; What is in memory, at its start and at its end, and the counter.
  (func $hash (param $h i64) (param $p i32) (param $end i32) (result i64)
    (loop $next
      (local.set $h (i64.add (i64.rotl (local.get $h) (i64.const 7)) (i64.load (local.get $p))))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end))))
    (local.get $h))
  (func $outcome (param $i i64) (result i64)
    (call $hash (call $hash (local.get $i) (i32.const 0) (i32.const 1024)) (i32.const 65024) (i32.const 65536)))

  (func $mix (param $a i32) (param $b i64) (result i32)
    (i32.xor (i32.rotl (local.get $a) (i32.const 5)) (i32.wrap_i64 (i64.mul (local.get $b) (i64.const 0x9e3779b97f4a7c15)))))

  ;; Two results, and a store where no caller sees one.
  (func $feed (param $a i32) (result i32 i32)
    (global.set $fed (i32.add (global.get $fed) (i32.const 1)))
    (i32.store (i32.const 512) (local.get $a))
    (i32.add (local.get $a) (i32.const 1)) (global.get $fed))

  ;; Calls in loops that are counted.
  (func $calls (export "calls") (param $i i64) (param $end i64) (result i64) (local $s i32)
    (loop $next
      (local.set $s (call $mix (local.get $s) (local.get $i)))
      (br_if $next (i64.ne (local.tee $i (i64.add (local.get $i) (i64.const 1))) (local.get $end))))
    (i64.extend_i32_u (local.get $s)))

  (func $calls_that_store (export "calls_that_store") (param $p i32) (param $end i32) (result i64) (local $s i32)
    (loop $next
      (call $feed (i32.add (local.get $s) (i32.load (local.get $p))))
      (local.set $s (i32.add))
      (i32.store offset=8 (local.get $p) (local.get $s))
      (global.set $fed (i32.add (global.get $fed) (i32.const 2)))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))
    (call $outcome (i64.extend_i32_u (local.get $s))))

  ;; Divides by what counts down to zero: the callee traps in the last iteration.
  (func $quotient (param $a i32) (param $b i32) (result i32) (i32.div_u (local.get $a) (local.get $b)))
  (func $calls_that_trap (export "calls_that_trap") (param $n i32) (param $end i32) (result i32) (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s) (call $quotient (i32.const 1000000) (local.get $n))))
      (br_if $next (i32.ne (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (local.get $end))))
    (local.get $s))
)
