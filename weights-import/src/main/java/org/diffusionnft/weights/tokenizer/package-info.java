/** Files of tokenizers. */
@NullMarked
package org.diffusionnft.weights.tokenizer;

import org.jspecify.annotations.NullMarked;
