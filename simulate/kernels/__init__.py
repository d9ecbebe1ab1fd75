"""Every compiled function, and the arithmetic rule that one of them compiles.

Nothing here imports the rest of the package, and importing this package loads no
compiler: the modules that need one (`people`, `settlement_loop`) are imported late.
"""
