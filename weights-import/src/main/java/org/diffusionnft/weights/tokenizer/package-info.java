/** Tokenizer files. */
@NullMarked
package org.diffusionnft.weights.tokenizer;

import org.jspecify.annotations.NullMarked;
