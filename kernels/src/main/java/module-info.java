/** Fast devices, found with {@link java.util.ServiceLoader}: no module compiles against them. */
module org.diffusionnft.kernels {
  requires org.diffusionnft.tensor;
  requires jdk.incubator.vector;
  requires static org.jspecify;

  uses org.diffusionnft.kernels.TornadoOpener;

  provides org.diffusionnft.tensor.DeviceProvider with
      org.diffusionnft.kernels.VectorDeviceProvider,
      org.diffusionnft.kernels.TornadoDeviceProvider;
}
