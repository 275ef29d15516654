/** Pictures: pixels, PNG and JPEG, resizing, sheets, a font. */
@NullMarked
package org.diffusionnft.images;

import org.jspecify.annotations.NullMarked;
