;; The start function runs before anything that is called by name (core 4.5.4).
;; run: --invoke get
;; stdout: i32: 42
;; run:
(module
  (global $g (mut i32) (i32.const 1))
  (func $start (global.set $g (i32.const 42)))
  (start $start)
  (func (export "get") (result i32) (global.get $g))
  (func (export "_start") (if (i32.ne (global.get $g) (i32.const 42)) (then unreachable))))
