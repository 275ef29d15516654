/** Pictures and rewards over HTTP, in OpenAI's form. */
@NullMarked
package org.diffusionnft.serve;

import org.jspecify.annotations.NullMarked;
