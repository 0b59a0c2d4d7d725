;; Inner loops over pixels, four numbers at a time. `npm run kernels` in this package compiles this file into
;; kernels-module.ts.
;; An image is 8-bit RGB at $src. What is read and written has room for 16 bytes more, as the loops go by whole vectors.
(module
  (memory (export "memory") 1)

  ;; dst[i] = src[i] * scale for `count` pixel values, rounded up to 16; dst are floats.
  (func (export "scale") (param $src i32) (param $dst i32) (param $count i32) (param $scale f32)
    (local $end i32) (local $factor v128) (local $values v128) (local $half v128)
    (local.set $factor (f32x4.splat (local.get $scale)))
    (local.set $end (i32.add (local.get $src) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $src) (local.get $end)))
        (local.set $values (v128.load (local.get $src)))
        (local.set $half (i16x8.extend_low_i8x16_u (local.get $values)))
        (v128.store (local.get $dst)
          (f32x4.mul (local.get $factor) (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (local.get $half)))))
        (v128.store offset=16 (local.get $dst)
          (f32x4.mul (local.get $factor) (f32x4.convert_i32x4_u (i32x4.extend_high_i16x8_u (local.get $half)))))
        (local.set $half (i16x8.extend_high_i8x16_u (local.get $values)))
        (v128.store offset=32 (local.get $dst)
          (f32x4.mul (local.get $factor) (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (local.get $half)))))
        (v128.store offset=48 (local.get $dst)
          (f32x4.mul (local.get $factor) (f32x4.convert_i32x4_u (i32x4.extend_high_i16x8_u (local.get $half)))))
        (local.set $src (i32.add (local.get $src) (i32.const 16)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 64)))
        (br $next))))

  ;; Three pixel values at an address as floats; the fourth is whatever follows.
  (func $pixel (param $at i32) (result v128)
    (f32x4.convert_i32x4_u
      (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $at))))))

  ;; Warps the image by an affine map (row, column) -> (a row + b column + tr, c row + d column + tc), bilinear,
  ;; into floats; what lies outside is the nearest pixel. Two pixels or more each way. Coordinates are pairs (row, column).
  (func (export "warpNearest")
    (param $src i32) (param $dst i32) (param $height i32) (param $width i32)
    (param $a f64) (param $b f64) (param $tr f64) (param $c f64) (param $d f64) (param $tc f64) (param $scale f32)
    (local $row i32) (local $x i32) (local $stride i32) (local $from i32) (local $factor v128)
    (local $rowStart v128) (local $rowStep v128) (local $step v128) (local $last v128) (local $lastTap v128)
    (local $place v128) (local $at v128) (local $tap v128) (local $share v128) (local $right v128)
    (local $upper v128) (local $lower v128)
    (local.set $stride (i32.mul (local.get $width) (i32.const 3)))
    (local.set $factor (f32x4.splat (local.get $scale)))
    (local.set $rowStart (f64x2.replace_lane 1 (f64x2.splat (local.get $tr)) (local.get $tc)))
    (local.set $rowStep (f64x2.replace_lane 1 (f64x2.splat (local.get $a)) (local.get $c)))
    (local.set $step (f64x2.replace_lane 1 (f64x2.splat (local.get $b)) (local.get $d)))
    (local.set $last
      (f64x2.replace_lane 1
        (f64x2.splat (f64.convert_i32_s (i32.sub (local.get $height) (i32.const 1))))
        (f64.convert_i32_s (i32.sub (local.get $width) (i32.const 1)))))
    (local.set $lastTap (f64x2.sub (local.get $last) (f64x2.splat (f64.const 1))))
    (block $done
      (loop $nextRow
        (br_if $done (i32.ge_s (local.get $row) (local.get $height)))
        (local.set $place
          (f64x2.add (local.get $rowStart)
            (f64x2.mul (local.get $rowStep) (f64x2.splat (f64.convert_i32_s (local.get $row))))))
        (local.set $x (i32.const 0))
        (block $rowDone
          (loop $nextPixel
            (br_if $rowDone (i32.ge_s (local.get $x) (local.get $width)))
            (local.set $at
              (f64x2.pmin (f64x2.pmax (local.get $place) (v128.const f64x2 0 0)) (local.get $last)))
            (local.set $tap (f64x2.pmin (f64x2.floor (local.get $at)) (local.get $lastTap)))
            (local.set $share (f32x4.demote_f64x2_zero (f64x2.sub (local.get $at) (local.get $tap))))
            ;; 2^52 added, a whole number stands in a double's low bits.
            (local.set $tap (f64x2.add (local.get $tap) (v128.const f64x2 4503599627370496 4503599627370496)))
            (local.set $from
              (i32.add (local.get $src)
                (i32.add
                  (i32.mul (i32x4.extract_lane 0 (local.get $tap)) (local.get $stride))
                  (i32.mul (i32x4.extract_lane 2 (local.get $tap)) (i32.const 3)))))
            (local.set $right (f32x4.splat (f32x4.extract_lane 1 (local.get $share))))
            (local.set $upper (call $pixel (local.get $from)))
            (local.set $upper
              (f32x4.add (local.get $upper)
                (f32x4.mul (local.get $right)
                  (f32x4.sub (call $pixel (i32.add (local.get $from) (i32.const 3))) (local.get $upper)))))
            (local.set $from (i32.add (local.get $from) (local.get $stride)))
            (local.set $lower (call $pixel (local.get $from)))
            (local.set $lower
              (f32x4.add (local.get $lower)
                (f32x4.mul (local.get $right)
                  (f32x4.sub (call $pixel (i32.add (local.get $from) (i32.const 3))) (local.get $lower)))))
            (v128.store (local.get $dst)
              (f32x4.mul (local.get $factor)
                (f32x4.add (local.get $upper)
                  (f32x4.mul
                    (f32x4.splat (f32x4.extract_lane 0 (local.get $share)))
                    (f32x4.sub (local.get $lower) (local.get $upper))))))
            (local.set $dst (i32.add (local.get $dst) (i32.const 12)))
            (local.set $place (f64x2.add (local.get $place) (local.get $step)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (br $nextPixel)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $nextRow))))

  ;; Resamples each of `rows` rows of `stride` bytes to `width` pixels. For output pixel x, `starts` has the first byte of
  ;; its first input pixel, `counts` how many pixels follow, `weights` their weights in multiples of 2^-22, `taps` bytes
  ;; per output pixel (Pillow, libImaging/Resample.c).
  (func (export "resampleRows")
    (param $src i32) (param $dst i32) (param $rows i32) (param $stride i32) (param $width i32)
    (param $starts i32) (param $counts i32) (param $weights i32) (param $taps i32)
    (local $x i32) (local $from i32) (local $weight i32) (local $end i32) (local $sum v128)
    (block $done
      (loop $nextRow
        (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))
        (local.set $x (i32.const 0))
        (block $rowDone
          (loop $nextPixel
            (br_if $rowDone (i32.ge_s (local.get $x) (local.get $width)))
            (local.set $from
              (i32.add (local.get $src)
                (i32.load (i32.add (local.get $starts) (i32.shl (local.get $x) (i32.const 2))))))
            (local.set $weight (i32.add (local.get $weights) (i32.mul (local.get $x) (local.get $taps))))
            (local.set $end
              (i32.add (local.get $weight)
                (i32.shl
                  (i32.load (i32.add (local.get $counts) (i32.shl (local.get $x) (i32.const 2))))
                  (i32.const 2))))
            (local.set $sum (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
            (block $pixelDone
              (loop $nextTap
                (br_if $pixelDone (i32.ge_u (local.get $weight) (local.get $end)))
                (local.set $sum
                  (i32x4.add (local.get $sum)
                    (i32x4.mul
                      (v128.load32_splat (local.get $weight))
                      (i32x4.extend_low_i16x8_u
                        (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $from)))))))
                (local.set $from (i32.add (local.get $from) (i32.const 3)))
                (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
                (br $nextTap)))
            (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
            (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
            (v128.store32_lane 0 (local.get $dst) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
            (local.set $dst (i32.add (local.get $dst) (i32.const 3)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (br $nextPixel)))
        (local.set $src (i32.add (local.get $src) (local.get $stride)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $nextRow))))

  ;; Resamples columns of rows of `stride` bytes to `height` rows, likewise; `starts` has the first byte of the first row.
  (func (export "resampleColumns")
    (param $src i32) (param $dst i32) (param $stride i32) (param $height i32)
    (param $starts i32) (param $counts i32) (param $weights i32) (param $taps i32)
    (local $y i32) (local $x i32) (local $from i32) (local $weight i32) (local $end i32) (local $factor v128)
    (local $values v128) (local $half v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (block $done
      (loop $nextRow
        (br_if $done (i32.ge_s (local.get $y) (local.get $height)))
        (local.set $x (i32.const 0))
        (block $rowDone
          (loop $nextBlock
            (br_if $rowDone (i32.ge_s (local.get $x) (local.get $stride)))
            (local.set $from
              (i32.add (i32.add (local.get $src) (local.get $x))
                (i32.load (i32.add (local.get $starts) (i32.shl (local.get $y) (i32.const 2))))))
            (local.set $weight (i32.add (local.get $weights) (i32.mul (local.get $y) (local.get $taps))))
            (local.set $end
              (i32.add (local.get $weight)
                (i32.shl
                  (i32.load (i32.add (local.get $counts) (i32.shl (local.get $y) (i32.const 2))))
                  (i32.const 2))))
            (local.set $sum0 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
            (local.set $sum1 (local.get $sum0))
            (local.set $sum2 (local.get $sum0))
            (local.set $sum3 (local.get $sum0))
            (block $blockDone
              (loop $nextTap
                (br_if $blockDone (i32.ge_u (local.get $weight) (local.get $end)))
                (local.set $factor (v128.load32_splat (local.get $weight)))
                (local.set $values (v128.load (local.get $from)))
                (local.set $half (i16x8.extend_low_i8x16_u (local.get $values)))
                (local.set $sum0
                  (i32x4.add (local.get $sum0)
                    (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $half)))))
                (local.set $sum1
                  (i32x4.add (local.get $sum1)
                    (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $half)))))
                (local.set $half (i16x8.extend_high_i8x16_u (local.get $values)))
                (local.set $sum2
                  (i32x4.add (local.get $sum2)
                    (i32x4.mul (local.get $factor) (i32x4.extend_low_i16x8_u (local.get $half)))))
                (local.set $sum3
                  (i32x4.add (local.get $sum3)
                    (i32x4.mul (local.get $factor) (i32x4.extend_high_i16x8_u (local.get $half)))))
                (local.set $from (i32.add (local.get $from) (local.get $stride)))
                (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
                (br $nextTap)))
            (v128.store (i32.add (local.get $dst) (local.get $x))
              (i8x16.narrow_i16x8_u
                (i16x8.narrow_i32x4_s
                  (i32x4.shr_s (local.get $sum0) (i32.const 22))
                  (i32x4.shr_s (local.get $sum1) (i32.const 22)))
                (i16x8.narrow_i32x4_s
                  (i32x4.shr_s (local.get $sum2) (i32.const 22))
                  (i32x4.shr_s (local.get $sum3) (i32.const 22)))))
            (local.set $x (i32.add (local.get $x) (i32.const 16)))
            (br $nextBlock)))
        (local.set $dst (i32.add (local.get $dst) (local.get $stride)))
        (local.set $y (i32.add (local.get $y) (i32.const 1)))
        (br $nextRow)))))
