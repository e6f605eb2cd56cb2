;; A trap of the start function ends the program before its entry.
;; run:
;; status: 134
;; stderr: wasm trap: unreachable
;; stderr: fails_early
(module
  (func $fails_early unreachable)
  (start $fails_early)
  (func (export "_start")))
