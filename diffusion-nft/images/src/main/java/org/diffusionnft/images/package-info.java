/** Pictures: pixels, PNG and JPEG, resizing, sheets, letters. */
@NullMarked
package org.diffusionnft.images;

import org.jspecify.annotations.NullMarked;
