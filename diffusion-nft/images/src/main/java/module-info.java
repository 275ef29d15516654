/**
 * Pictures: pixels, PNG and JPEG, resizing, sheets, a font.
 *
 * <p>{@code java.desktop} is needed only for drawing, reading files or writing JPEG, not for pixels
 * and PNG files.
 */
module org.diffusionnft.images {
  requires static transitive java.desktop;
  requires static org.jspecify;

  exports org.diffusionnft.images;
}
