/** {@code dnft bench}: how long matrix products, attention, the transformer and a step take. */
@NullMarked
package org.diffusionnft.cli.bench;

import org.jspecify.annotations.NullMarked;
