/** A whole training on the embedded world: what {@code dnft demo} runs and writes. */
@NullMarked
package org.diffusionnft.studies.demo;

import org.jspecify.annotations.NullMarked;
