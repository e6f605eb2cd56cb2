;; A trap names the Wasm functions on the stack, the innermost first. Recursion keeps them from being
;; inlined into each other.
;; run:
;; status: 134
;; stderr: wasm trap: unreachable
;; stderr: innermost
;; stderr: middle
;; stderr: _start
;; run: --invoke unnamed 3
;; status: 134
;; stderr: wasm trap: unreachable
(module
  (table funcref (elem $innermost $middle $odd))
  (func $innermost (param i32)
    (if (i32.eqz (local.get 0)) (then unreachable))
    (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
  (func $middle (param i32)
    (call_indirect (param i32) (local.get 0) (i32.const 0))
    (call_indirect (param i32) (local.get 0) (i32.const 0)))
  (func $odd (export "unnamed") (param i32)
    (call_indirect (param i32) (local.get 0) (i32.const 1))
    (call_indirect (param i32) (local.get 0) (i32.const 0)))
  (func (export "_start")
    (call_indirect (param i32) (i32.const 2) (i32.const 1))
    (call_indirect (param i32) (i32.const 2) (i32.const 1))))
