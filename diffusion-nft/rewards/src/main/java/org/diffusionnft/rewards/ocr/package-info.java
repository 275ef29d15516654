/** Texts in pictures: found, cut out and read as PaddleOCR does it. */
@NullMarked
package org.diffusionnft.rewards.ocr;

import org.jspecify.annotations.NullMarked;
