/** From text to token ids: byte-pair encoding (CLIP), unigrams (T5) and word pieces (BERT). */
@NullMarked
package org.diffusionnft.models.tokenizer;

import org.jspecify.annotations.NullMarked;
