/** Texts in pictures: detection, cropping and recognition as in PaddleOCR. */
@NullMarked
package org.diffusionnft.rewards.ocr;

import org.jspecify.annotations.NullMarked;
