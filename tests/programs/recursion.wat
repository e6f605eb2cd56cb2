;; Endless recursion ends in a trap, whatever its frames look like and though LLVM could turn it into a
;; loop; deep recursion that ends does not trap.
;; run: --invoke endless
;; status: 134
;; stderr: wasm trap: call stack exhausted
;; run: --invoke endless_tail 1
;; status: 134
;; stderr: wasm trap: call stack exhausted
;; run: --invoke mutual 0
;; status: 134
;; stderr: wasm trap: call stack exhausted
;; run: --invoke wide 1
;; status: 134
;; stderr: wasm trap: call stack exhausted
;; run: --invoke deep 10000
;; stdout: i32: 10000
(module
  (table funcref (elem $even $odd))
  (func $endless (export "endless") (result i32)
    (i32.add (call $endless) (i32.const 1)))
  (func $endless_tail (export "endless_tail") (param i32) (result i32)
    (call $endless_tail (i32.add (local.get 0) (i32.const 1))))
  (func $even (export "mutual") (param i32)
    (call_indirect (param i32) (local.get 0) (i32.const 1)))
  (func $odd (param i32)
    (call_indirect (param i32) (local.get 0) (i32.const 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))
  ;; Many values live across the call.
  (func $wide (export "wide") (param i64) (result i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64)
    (local.set $a (i64.mul (local.get 0) (i64.const 3)))
    (local.set $b (i64.mul (local.get $a) (i64.const 5)))
    (local.set $c (i64.mul (local.get $b) (i64.const 7)))
    (local.set $d (i64.mul (local.get $c) (i64.const 11)))
    (local.set $e (i64.mul (local.get $d) (i64.const 13)))
    (local.set $f (call $wide (local.get $e)))
    (i64.xor (i64.xor (i64.xor (local.get $a) (local.get $b)) (i64.xor (local.get $c) (local.get $d)))
             (i64.xor (local.get $e) (local.get $f)))))
