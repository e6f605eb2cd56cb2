;; An active segment that does not fit is a trap at instantiation (core 4.5.4).
;; run:
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 1)
  (data (i32.const 65535) "ab")
  (func (export "_start")))
