/** From text to token ids: byte pairs (CLIP) and unigrams (T5). */
@NullMarked
package org.diffusionnft.models.tokenizer;

import org.jspecify.annotations.NullMarked;
