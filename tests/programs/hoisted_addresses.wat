;; Loops over addresses that were computed from one another before them, and kept in
;; locals: near each other, over what the loop writes, at both ends of the memory, and no
;; longer as far apart as they were.
;; run: --invoke rows 1000 2000 20
;; stdout: i32: 1296167668
;; run: --invoke rows 1000 996 20
;; stdout: i32: 691340084
;; run: --invoke rows 1000 1012 20
;; stdout: i32: -1817839292
;; run: --invoke rows 65528 2000 20
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke rows 4 2000 20
;; stdout: i32: 869437012
;; run: --invoke rows 0 2000 20
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke rows 1000 2000 40000
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke forgotten 1000 2000 20
;; stdout: i32: -201770860
;; run: --invoke abreast 1000 1600 20
;; stdout: i32: -2122951748
;; run: --invoke abreast 1000 1004 30
;; stdout: i32: -434310984
;; run: --invoke abreast 65000 2000 20
;; stdout: i32: -575357068
;; run: --invoke abreast 65000 2000 40
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke apart 1000 20
;; stdout: i32: -545713222
;; run: --invoke apart 64900 90
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke chosen 0 20
;; stdout: i32: -575357068
;; run: --invoke chosen 1 20
;; stdout: i32: 1591929204
(module
  (memory 1)
  (func $sum (result i32) (local $p i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31))
                             (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 3000))))
    (local.get $s))
  (func $fill (local $i i32)
    (loop $l
      (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 0x9e3779b1)))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 3000)))))
  ;; What stays where it is, before and behind a parameter.
  (func (export "rows") (param $p i32) (param $q i32) (param $n i32) (result i32)
    (local $before i32) (local $a i32) (local $b i32)
    (call $fill)
    (block $none
      (local.set $before (i32.sub (local.get $p) (i32.const 4)))
      (local.set $a (i32.add (local.get $p) (i32.const 4)))
      (local.set $b (i32.add (local.get $a) (i32.const 4)))
      (br_if $none (i32.eqz (local.get $n)))
      (loop $l
        (i32.store (local.get $q)
          (i32.add
            (i32.add (i32.load (local.get $before)) (i32.mul (i32.load (local.get $p)) (i32.const 3)))
            (i32.add (i32.mul (i32.load (local.get $a)) (i32.const 5))
                     (i32.mul (i32.load (local.get $b)) (i32.load (local.get $q))))))
        (local.set $q (i32.add (local.get $q) (i32.const 4)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (call $sum))
  ;; What the addresses come from is not looked at any more, and not kept.
  (func (export "forgotten") (param $p i32) (param $q i32) (param $n i32) (result i32)
    (local $a i32) (local $b i32)
    (call $fill)
    (block $none
      (local.set $a (i32.add (local.get $p) (i32.const 4)))
      (local.set $b (i32.add (local.get $p) (i32.const 12)))
      (br_if $none (i32.eqz (local.get $n)))
      (loop $l
        (i32.store (local.get $q)
          (i32.add (i32.load (local.get $a)) (i32.mul (i32.load (local.get $b)) (i32.load (local.get $q)))))
        (local.set $q (i32.add (local.get $q) (i32.const 4)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (call $sum))
  ;; Two that go on by as much, 400 bytes from each other.
  (func (export "abreast") (param $p i32) (param $to i32) (param $n i32) (result i32)
    (local $q i32)
    (call $fill)
    (block $none
      (local.set $q (i32.add (local.get $p) (i32.const 400)))
      (br_if $none (i32.eqz (local.get $n)))
      (loop $l
        (i32.store (local.get $to)
          (i32.add (i32.load (local.get $p)) (i32.mul (i32.load (local.get $q)) (i32.load (local.get $to)))))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (i32.const 4)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (call $sum))
  ;; Two that begin near each other; one is twice as fast.
  (func (export "apart") (param $p i32) (param $n i32) (result i32) (local $q i32)
    (call $fill)
    (block $none
      (local.set $q (i32.add (local.get $p) (i32.const 8)))
      (br_if $none (i32.eqz (local.get $n)))
      (loop $l
        (i32.store (local.get $p) (i32.add (i32.load (local.get $q)) (local.get $n)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (i32.const 8)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (call $sum))
  ;; Another way leads to the loop, from which it is not known how far they are apart.
  (func (export "chosen") (param $which i32) (param $n i32) (result i32)
    (local $p i32) (local $q i32) (local $to i32)
    (call $fill)
    (local.set $to (i32.const 2000))
    (local.set $p (i32.load8_u (i32.const 1)))
    (if (local.get $which)
      (then (local.set $q (i32.add (local.get $p) (i32.const 8))))
      (else (local.set $q (i32.const 4096))))
    (loop $l
      (i32.store (local.get $to) (i32.add (i32.load (local.get $p)) (i32.load (local.get $q))))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum)))
