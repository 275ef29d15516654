/** ShapesWorld as a training task. */
@NullMarked
package org.diffusionnft.shapes.training;

import org.jspecify.annotations.NullMarked;
