"""Mutation testing: `python -m tests.mutants [MODULE]...` plants mistakes in a module and expects its tests to fail.

An own small driver, because mutmut leaves every decorated function alone (properties, cached properties), and
cosmic-ray starts an interpreter for each mutant; here each is a fork of a process that has the libraries loaded.
"""
