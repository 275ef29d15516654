@echo off
rem Runs the DiffusionNFT command line with the bundled Java, or else with an installed JDK or JRE 25:
rem that of DNFT_JAVA_HOME, of JAVA_HOME, or the one on the PATH. DNFT_JAVA_OPTS adds options for the JVM.
setlocal
set "HOME=%~dp0.."
set "DNFT_COMMAND=%~f0"
if defined DNFT_JAVA_HOME (
  set "JAVA=%DNFT_JAVA_HOME%\bin\java.exe"
) else if exist "%HOME%\runtime\bin\java.exe" (
  set "JAVA=%HOME%\runtime\bin\java.exe"
) else if defined JAVA_HOME (
  set "JAVA=%JAVA_HOME%\bin\java.exe"
) else (
  set "JAVA=java.exe"
)
"%JAVA%" "@%HOME%\lib\jvm.options" %DNFT_JAVA_OPTS% -cp "%HOME%\lib\*" org.diffusionnft.cli.Dnft %*
exit /b %ERRORLEVEL%
